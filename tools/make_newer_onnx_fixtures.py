#!/usr/bin/env python3
"""Makes tests/data/outside/onnx.*: newer operators of ONNX with the scores of the reference evaluator of the
onnx package (onnx==1.23.2, safetensors)."""
import pathlib, numpy as np, onnx, zipfile
folder=pathlib.Path(__file__).resolve().parent.parent/'tests/data/outside'
from onnx import helper as H, TensorProto as T, numpy_helper as N
from onnx.reference import ReferenceEvaluator
from safetensors.numpy import save_file
r=np.random.default_rng(0); x=r.standard_normal((2,3,8,8)).astype('f')
print(onnx.__version__, onnx.defs.onnx_opset_version())
def net(name,nodes,opset,inits=(),flat='y',width=None):
    nodes=list(nodes); inits=list(inits)
    nodes.append(H.make_node('Flatten',[flat],['f'],axis=1))
    m=(r.standard_normal((width,5))/np.sqrt(width)).astype(np.float32)
    nodes.append(H.make_node('MatMul',['f','m'],['scores'])); inits.append(N.from_array(m,'m'))
    g=H.make_graph(nodes,name,[H.make_tensor_value_info('x',T.FLOAT,['N',3,8,8])],[H.make_tensor_value_info('scores',T.FLOAT,['N',5])],inits)
    model=H.make_model(g,opset_imports=[H.make_opsetid('',opset)]); model.ir_version=10; onnx.checker.check_model(model)
    h=H.make_model(H.make_graph(nodes[:-1],name,[H.make_tensor_value_info('x',T.FLOAT,['N',3,8,8])],[H.make_tensor_value_info('f',T.FLOAT,None)],inits),opset_imports=[H.make_opsetid('',opset)]); h.ir_version=10
    y=ReferenceEvaluator(h).run(None,{'x':x})[0].astype('d')@m.astype('d')
    return model.SerializeToString(), y
I=lambda v,n:N.from_array(np.array(v,dtype=np.int64),n)
F=lambda v,n:N.from_array(np.array(v,dtype=np.float32),n)
mk=H.make_node
nets={}
nets['attention4']=net('a',[mk('Attention',['x','x','x'],['y'])],23,width=192)
nets['attention4_causal']=net('a',[mk('Attention',['x','x','x'],['y'],is_causal=1,scale=.3)],23,width=192)
nets['attention3']=net('a',[mk('Reshape',['x','s'],['t']),mk('Attention',['t','t','t'],['y'],q_num_heads=2,kv_num_heads=2)],23,[I([0,12,16],'s')],width=192)
nets['attention_mask']=net('a',[mk('Attention',['x','x','x','k'],['y'])],23,[N.from_array(np.triu(np.full((8,8),-np.inf,dtype='f'),1),'k')],width=192)
nets['rms']=net('r',[mk('RMSNormalization',['x','w'],['y'],axis=-1)],23,[F(r.random(8),'w')],width=192)
nets['swish']=net('s',[mk('Swish',['x'],['y'],alpha=1.3)],24,width=192)
nets['cumsum']=net('c',[mk('CumSum',['x','ax'],['y'])],17,[I(1,'ax')],width=192)
nets['cumsum_reverse']=net('c',[mk('CumSum',['x','ax'],['y'],reverse=1)],17,[I(3,'ax')],width=192)
nets['topk']=net('t',[mk('TopK',['x','k'],['y','i'],axis=-1)],17,[I([3],'k')],width=72)
nets['argmax']=net('t',[mk('ArgMax',['x'],['i'],axis=1),mk('Cast',['i'],['y'],to=1)],17,width=64)
nets['cubic']=net('u',[mk('Resize',['x','','s'],['y'],mode='cubic',coordinate_transformation_mode='half_pixel')],17,[F([1,1,2,2],'s')],width=768)
nets['pad_folded']=net('p',[mk('Constant',[],['one'],value=I([1,1],'v')),mk('ConstantOfShape',['four'],['z'],value=I([0],'v')),mk('Concat',['one','two','z'],['c'],axis=0),mk('Reshape',['c','h'],['d']),mk('Slice',['d','st','en','ax','sp'],['e']),mk('Transpose',['e'],['g'],perm=[1,0]),mk('Reshape',['g','neg'],['j']),mk('Cast',['j'],['k'],to=7),mk('Pad',['x','k'],['y'])],17,
  [I([4],'four'),I([1,1],'two'),I([-1,2],'h'),I([-1],'st'),I([-9223372036854775807],'en'),I([0],'ax'),I([-1],'sp'),I([-1],'neg')],width=300)
w=r.standard_normal((4,3,3,3)).astype('f'); ws=np.abs(w).max((1,2,3))/127; wq=np.round(w/ws[:,None,None,None]).astype(np.int8)
nets['qdq']=net('q',[mk('QuantizeLinear',['x','xs','xz'],['xq']),mk('DequantizeLinear',['xq','xs','xz'],['xd']),mk('DequantizeLinear',['wq','ws','wz'],['wd'],axis=0),mk('Conv',['xd','wd'],['c'],pads=[1,1,1,1]),
  mk('QuantizeLinear',['c','cs','cz'],['cq']),mk('DequantizeLinear',['cq','cs','cz'],['y'])],21,
  [F(.04,'xs'),N.from_array(np.array(128,dtype=np.uint8),'xz'),N.from_array(wq,'wq'),F(ws,'ws'),N.from_array(np.zeros(4,dtype=np.int8),'wz'),F(.1,'cs'),N.from_array(np.array(0,dtype=np.uint8),'cz')],width=256)
# Whole numbers of 8 bits: weights by channel, activations by one scale.
U=lambda v,n:N.from_array(np.array(v,dtype=np.uint8),n)
zero=N.from_array(np.zeros(4,dtype=np.int8),'wz')
b=np.round(r.standard_normal(4)*500).astype(np.int32)
nets['qlinear_conv']=net('q',[mk('QuantizeLinear',['x','xs','xz'],['xq']),mk('QLinearConv',['xq','xs','xz','wq','ws','wz','cs','cz','b'],['cq'],pads=[1,1,1,1]),
  mk('MaxPool',['cq'],['pq'],kernel_shape=[2,2],strides=[2,2]),mk('DequantizeLinear',['pq','cs','cz'],['y'])],21,
  [F(.04,'xs'),U(128,'xz'),N.from_array(wq,'wq'),F(ws,'ws'),zero,F(.1,'cs'),U(120,'cz'),N.from_array(b,'b')],width=64)
mq=np.round(r.standard_normal((8,6))*40).astype(np.int8)
nets['qlinear_matmul']=net('q',[mk('QuantizeLinear',['x','xs','xz'],['xq']),mk('QLinearMatMul',['xq','xs','xz','mq','ms','mz','cs','cz'],['cq']),mk('DequantizeLinear',['cq','cs','cz'],['y'])],21,
  [F(.04,'xs'),U(128,'xz'),N.from_array(mq,'mq'),F(.02,'ms'),N.from_array(np.array(3,dtype=np.int8),'mz'),F(.08,'cs'),U(128,'cz')],width=144)
nets['q_conv_integer']=net('q',[mk('DynamicQuantizeLinear',['x'],['xq','xs','xz']),mk('ConvInteger',['xq','wu','xz','uz'],['c'],pads=[1,1,1,1]),mk('Cast',['c'],['cf'],to=1),mk('Mul',['xs','us'],['s']),mk('Mul',['cf','s'],['y'])],21,
  [U(wq.astype(int)+128,'wu'),U(128,'uz'),F(.01,'us')],width=256)
nets['q_matmul_integer']=net('q',[mk('DynamicQuantizeLinear',['x'],['xq','xs','xz']),mk('MatMulInteger',['xq','mu','xz','uz'],['c']),mk('Cast',['c'],['cf'],to=1),mk('Mul',['xs','us'],['s']),mk('Mul',['cf','s'],['y'])],21,
  [U(mq.astype(int)+128,'mu'),U(120,'uz'),F(.02,'us')],width=144)
nets['q_static_integer']=net('q',[mk('QuantizeLinear',['x','xs','xz'],['xq']),mk('ConvInteger',['xq','wu','xz','uz'],['c'],pads=[1,1,1,1]),mk('Cast',['c'],['cf'],to=1),mk('Mul',['cf','s'],['y'])],21,
  [F(.04,'xs'),U(128,'xz'),U(wq.astype(int)+128,'wu'),U(128,'uz'),F(.0004,'s')],width=256)
# Convolutions over one axis and over three.
w1=(r.standard_normal((4,24,3))/8).astype('f'); w3=(r.standard_normal((4,1,2,3,3))/4).astype('f'); wt=(r.standard_normal((24,4,3))/8).astype('f')
nets['conv_one_axis']=net('c',[mk('Reshape',['x','s'],['t']),mk('Conv',['t','w'],['y'],pads=[2,0],strides=[2],dilations=[1])],17,[I([0,24,8],'s'),N.from_array(w1,'w')],width=16)
nets['conv_one_axis_same']=net('c',[mk('Reshape',['x','s'],['t']),mk('Conv',['t','w','b'],['y'],auto_pad='SAME_UPPER')],17,[I([0,24,8],'s'),N.from_array(w1,'w'),F(r.standard_normal(4),'b')],width=32)
nets['conv_three_axes']=net('c',[mk('Unsqueeze',['x','ax'],['t']),mk('Conv',['t','w'],['y'],pads=[0,1,1,1,1,1])],17,[I([1],'ax'),N.from_array(w3,'w')],width=768)
nets['conv_transpose_one_axis']=net('c',[mk('Reshape',['x','s'],['t']),mk('ConvTranspose',['t','w'],['y'],pads=[1,1],strides=[2])],17,[I([0,24,8],'s'),N.from_array(wt,'w')],width=60)
z=zipfile.ZipFile(folder/'onnx.zip','w'); g={'x':x}
for n,(b,y) in nets.items(): z.writestr(zipfile.ZipInfo(n+'.onnx'),b,zipfile.ZIP_DEFLATED,9); g[n]=y.astype('f')
z.close(); save_file(g,folder/'onnx.safetensors')
